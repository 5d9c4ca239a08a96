/** IRC servers, without flood penalties. Nothing is stored and nothing confirmed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { until } from '../load/tokens.ts'
import { DEBIAN_ENV, modulesOf, programOf } from './debian.ts'
import type { Peer, Speech } from './peer.ts'
import { freePort, serve } from './process.ts'

export function ngircd(): Peer | undefined {
  const program = programOf('ngircd')
  if (program === undefined) return undefined
  return {
    name: 'ngircd',
    about: 'ngircd, no penalties, no lookups',
    speaksTls: true,
    async start({ directory, pin, tls }) {
      const port = await freePort()
      const lines = [
        '[Global]',
        'Name = irc.bench.test',
        'Info = bench',
        'Listen = 127.0.0.1',
        ...(tls ? [] : [`Ports = ${port}`]),
        'AdminInfo1 = bench',
        'MotdPhrase = bench',
        'ServerUID = root',
        'ServerGID = root',
        '[Limits]',
        'MaxConnections = 0',
        'MaxConnectionsIP = 0',
        'MaxJoins = 0',
        'MaxPenaltyTime = 0',
        'PingTimeout = 600',
        '[Options]',
        'DNS = no',
        'Ident = no',
        'PAM = no',
        'SyslogFacility = local1',
        ...(tls ? ['[SSL]', `CertFile = ${tls.cert}`, `KeyFile = ${tls.key}`, `Ports = ${port}`] : []),
        '',
      ]
      writeFileSync(`${directory}/ngircd.conf`, lines.join('\n'))
      return await serve([...pin, program, '-n', '-f', `${directory}/ngircd.conf`], port, DEBIAN_ENV)
    },
  }
}

export function inspircd(): Peer | undefined {
  const program = programOf('inspircd')
  if (program === undefined) return undefined
  return {
    name: 'inspircd',
    about: 'InspIRCd, no fake lag, no lookups',
    speaksTls: true,
    async start({ directory, pin, tls }) {
      const port = await freePort()
      for (const folder of ['data', 'log', 'run']) mkdirSync(`${directory}/${folder}`)
      const queues = 'softsendq="100000000" hardsendq="200000000" recvq="1000000"'
      const free = 'fakelag="no" commandrate="1000000000" threshold="1000000"'
      const lines = [
        '<server name="irc.bench.test" description="bench" network="bench" id="1AA">',
        '<admin name="bench" nick="bench" email="bench@bench.test">',
        `<bind address="127.0.0.1" port="${port}" type="clients"${tls ? ' sslprofile="bench"' : ''}>`,
        ...(tls
          ? [
              '<module name="ssl_gnutls">',
              `<sslprofile name="bench" provider="gnutls" certfile="${tls.cert}" keyfile="${tls.key}">`,
            ]
          : []),
        `<path configdir="${directory}" datadir="${directory}/data" logdir="${directory}/log" runtimedir="${directory}/run" moduledir="${modulesOf('inspircd')}">`,
        `<connect name="bench" allow="*" timeout="60" pingfreq="600" ${queues} ${free} localmax="20000" globalmax="20000" maxchans="200" resolvehostnames="no" useident="no">`,
        '<performance softlimit="20000" somaxconn="4096" netbuffersize="10240">',
        '<security hidewhois="" maxtargets="20">',
        '<options prefixquit="Quit: ">',
        `<log method="file" type="*" level="default" target="${directory}/log/inspircd.log">`,
        '',
      ]
      writeFileSync(`${directory}/inspircd.conf`, lines.join('\n'))
      const args = ['--runasroot', '--nofork', '--config', `${directory}/inspircd.conf`]
      return await serve([...pin, program, ...args], port, DEBIAN_ENV)
    },
  }
}

export const ircSpeech: Speech = {
  isConfirming: false,
  tls: () => ({}),
  async join(socket, { number, rooms, role }) {
    const welcome = until(socket, ' 001 ')
    socket.write(`NICK u${number}\r\nUSER u${number} 0 * :u\r\n`)
    await welcome
    const joined = until(socket, ' 366 ', rooms.length)
    // Who is not in a room may not write to it.
    socket.write(rooms.map((room) => `JOIN #r${room}\r\n`).join(''))
    await joined
    if (role === 'receiver') return
  },
  sender(socket, { rooms: [room] }) {
    return {
      publish(texts) {
        const parts: Buffer[] = []
        for (const text of texts) parts.push(Buffer.from(`PRIVMSG #r${room} :`), text, Buffer.from('\r\n'))
        socket.write(Buffer.concat(parts))
      },
    }
  },
}
