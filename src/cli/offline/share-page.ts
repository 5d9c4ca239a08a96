/** The page that neighbours see: what to type, and what to compare. Plain HTML, no script. */
import { installCommand } from '../pack.ts'
import { sizeText } from '../size-text.ts'
import type { OfflinePackage } from './package.ts'

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** base: http://address:port, as the browser called us. */
export function sharePage({ file, version, bytes, sha256 }: OfflinePackage, base: string): string {
  const url = escaped(`${base}/${file}`)
  const name = escaped(file)
  const install = escaped(installCommand(`./${file}`))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>lanchat ${escaped(version)}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #eee; color: #111; padding: .7rem; overflow-x: auto; white-space: pre-wrap; word-break: break-all }
</style>
<h1>lanchat ${escaped(version)}</h1>
<p>Chat for people who share a network and nothing else. It needs Node 20.19 or later and no internet.</p>
<h2>1. Download</h2>
<p><a href="/${name}">${name}</a> (${sizeText(bytes.length)}), or in a terminal:</p>
<pre>curl -O ${url}</pre>
<p>PowerShell:</p>
<pre>Invoke-WebRequest ${url} -OutFile ${name}</pre>
<h2>2. Compare</h2>
<pre>sha256sum ${name}          # Linux
shasum -a 256 ${name}      # macOS
Get-FileHash ${name}       # PowerShell</pre>
<p>It must be this. Ask the person who shares it to read it out from their screen: somebody who could swap the file on the
way could swap this page too.</p>
<pre>${sha256}</pre>
<h2>3. Install and start</h2>
<pre>${install}
lanchat</pre>
<p>Where the first line says that you may not write there (EACCES), put <code>--prefix ~/.local</code> behind
<code>--global</code>; the program is then <code>~/.local/bin/lanchat</code>.</p>
</html>
`
}
