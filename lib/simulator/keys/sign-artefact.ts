import type { Artefact, ArtefactFaults } from '../faults/fault-values.js'
import { override, replace } from '../faults/override.js'
import type { SimulatorState } from '../simulator-state.js'
import { signerOfAlgorithm, signerOfKey, usualSigner, type ChosenSigner } from './choose-signer.js'
import { compact, createSigner, signJws } from './sign-jws.js'
import type { SigningKey } from './signing-key.js'
import { serialise, spoilSignature } from './spoil-token.js'

/** Signs claims as the simulator's JWT of some kind, spoilt by whatever faults are set for that kind. */
export async function signArtefact(
  artefact: Artefact,
  claims: unknown,
  alg: string,
  state: SimulatorState,
): Promise<unknown> {
  const take = <K extends keyof ArtefactFaults>(kind: K) => state.faults.takeArtefact(artefact, kind)
  const usual = await state.keys.current(alg)
  const payload = replace(JSON.stringify(override(claims, take('Claims'))) ?? '', take('Payload'))
  const signer = await chooseSigner(usual, take('Algorithm'), take('Key'), state)
  const good = signJws(override(signer.header, take('Header')), payload, signer.sign)

  const signature = take('Signature')
  const parts = signature
    ? spoilSignature(good, signature, { usual: signer.sign, other: await otherSigner(alg, state) })
    : good
  const serialisation = take('Serialisation')
  const token = serialisation ? serialise(parts, serialisation) : compact(parts)
  const whole = take('')
  if (whole === undefined) return token
  return typeof whole === 'function' ? whole(String(token)) : whole
}

async function chooseSigner(
  usual: SigningKey,
  algorithm: ArtefactFaults['Algorithm'] | undefined,
  key: ArtefactFaults['Key'] | undefined,
  { keys, elsewhere }: SimulatorState,
): Promise<ChosenSigner> {
  if (algorithm) return signerOfAlgorithm(algorithm, usual, keys)
  return key ? signerOfKey(key, usual, keys, elsewhere) : usualSigner(usual)
}

async function otherSigner(alg: string, { keys }: SimulatorState) {
  return createSigner(alg, (await keys.special(alg.startsWith('ES') ? 'es256' : 'unpublished')).privateKey)
}
