/** host, host:port, [host]:port, or an IPv6 address as it is: how people and programs name a machine to join. Never throws. */
export function isPeerText(text: string): boolean {
  if (text === '' || /\s/.test(text)) return false
  const [, host, port] = /^(\[[^\]]+\]|[^:]*):([^:]*)$/.exec(text) ?? []
  return (
    port === undefined ||
    (host !== '' && /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535)
  )
}
