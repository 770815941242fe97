/** The cookies of a request, in the order sent. One name may come twice: a sibling sub-domain can set it too. */
export function parseCookies(
  header: string | undefined,
): readonly (readonly [name: string, value: string])[] {
  if (header === undefined) return []
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const]
  })
}
