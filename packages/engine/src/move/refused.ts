/** Why a part of a continuation has no place in the other bundle. */
export class Refused extends Error {
  override readonly name = "Refused";
}
