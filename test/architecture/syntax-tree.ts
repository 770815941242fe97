/** A node of the tree that @swc/core's parser returns. */
export type Node = Readonly<Record<string, unknown>> & { readonly type: string }

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

export function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** A node and everything below it. */
export function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* walk(item)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  if (isNode(value)) yield value
  for (const child of Object.values(value)) yield* walk(child)
}

/** The name of an identifier or the text of a string literal. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Computed' || node.type === 'ParenthesisExpression') return textOf(node.expression)
  return typeof node.value === 'string' ? node.value : undefined
}
