/** What a node logs where nobody says where to: errors, such as a listener that throws, to stderr. Nothing else asks for anybody. */
export function logErrors(level: 'debug' | 'info' | 'warn' | 'error', text: string): void {
  if (level === 'error') console.error(text)
}
