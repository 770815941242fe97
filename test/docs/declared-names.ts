import { readFile } from 'node:fs/promises'
import { parse } from '@swc/core'
import { isNode, nodesOf, textOf, type Node } from '../architecture/syntax-tree.js'

/** The top-level declarations of a TypeScript file, exported or not. */
async function readDeclarations(file: string): Promise<Node[]> {
  const program: unknown = await parse(await readFile(file, 'utf8'), {
    syntax: 'typescript',
    target: 'es2022',
  })
  return nodesOf(isNode(program) ? program.body : undefined).flatMap((statement) => {
    const declared = statement.type === 'ExportDeclaration' ? statement.declaration : statement
    if (!isNode(declared)) return []
    return declared.type === 'VariableDeclaration' ? nodesOf(declared.declarations) : [declared]
  })
}

/** The members of an interface, those of the interfaces it extends in the same file included. */
export async function interfaceMembers(file: string, name: string): Promise<string[]> {
  const declarations = await readDeclarations(file)
  const membersOf = (wanted: string): string[] => {
    const found = declarations.find(
      ({ type, id }) => type === 'TsInterfaceDeclaration' && textOf(id) === wanted,
    )
    if (!found) throw new Error(`${file} has no interface ${wanted}`)
    const inherited = nodesOf(found.extends).flatMap(({ expression }) => textOf(expression) ?? [])
    const own = nodesOf(isNode(found.body) ? found.body.body : undefined).flatMap(
      ({ key }) => textOf(key) ?? [],
    )
    return [...inherited.flatMap(membersOf), ...own]
  }
  return membersOf(name)
}

/** The keys of an object literal kept in a constant, whatever `as const` or `satisfies` stands around it. */
export async function objectKeys(file: string, name: string): Promise<string[]> {
  const declarations = await readDeclarations(file)
  let value = declarations.find(({ type, id }) => type === 'VariableDeclarator' && textOf(id) === name)?.init
  while (isNode(value) && value.type !== 'ObjectExpression')
    value = value.expression ?? nodesOf(value.arguments)[0]
  if (!isNode(value)) throw new Error(`${file} has no object literal ${name}`)
  return nodesOf(value.properties).flatMap(({ key }) => textOf(key) ?? [])
}
