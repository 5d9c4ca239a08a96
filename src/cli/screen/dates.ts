/** Local time as the screen shows it. */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `14:03`; `--:--` for what is no time. */
export function clockTime(ts: number): string {
  const at = new Date(ts)
  if (Number.isNaN(at.getTime())) return '--:--'
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`
}

/** `Fri, 20 Nov 2026`; '' for what is no time. */
export function dayOf(ts: number): string {
  const at = new Date(ts)
  if (Number.isNaN(at.getTime())) return ''
  return `${DAYS[at.getDay()]}, ${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`
}
