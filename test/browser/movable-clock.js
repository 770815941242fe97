// Loaded before the example app: its clock can then be moved from outside, instead of waiting for limits of minutes.
import { ServerResponse } from 'node:http'

const RealDate = Date
let movedMs = 0

globalThis.Date = class extends RealDate {
  constructor(...parameters) {
    if (parameters.length === 0) super(RealDate.now() + movedMs)
    else super(...parameters)
  }

  static now() {
    return RealDate.now() + movedMs
  }
}

// Node takes the Date header from the clock that this does not move.
const { writeHead } = ServerResponse.prototype
ServerResponse.prototype.writeHead = function (...parameters) {
  this.setHeader('Date', new Date().toUTCString())
  return writeHead.apply(this, parameters)
}

process.on('message', ({ seconds }) => {
  movedMs += seconds * 1000
  process.send({ movedMs })
})
// So that the app ends when it has nothing left to do, as it would without this.
process.channel?.unref()
