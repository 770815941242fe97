// V8 of Node 24 and later shares hidden classes after a change of prototype too, and is quicker with them.
const lastVersionWithout = 12

const isWorthIt = Number.parseInt(process.versions.v8 ?? '', 10) <= lastVersionWithout

/**
 * Makes what follows in a request cost less CPU time on Node 20 and 22.
 *
 * Express changes the prototype of each request and response, and then they get more members. For each member that comes
 * after such a change, V8 up to 12 makes a hidden class that no other object shares: from then on no inline cache, in
 * Node's own code neither, has seen the object before. An object that has lost a member is a dictionary, and those share
 * theirs. Express's own two members are taken away and put back as they were (docs/decisions/0012).
 */
export function useDictionaryMode(req: object, res: object): void {
  if (!isWorthIt) return
  putBack(req, 'res')
  putBack(res, 'req')
}

function putBack(object: object, name: string): void {
  const member = Reflect.getOwnPropertyDescriptor(object, name)
  if (member !== undefined && Reflect.deleteProperty(object, name))
    Reflect.defineProperty(object, name, member)
}
