/** An embedder cannot be reached, is too slow, or answers with something else than the vectors asked for. */
export class EmbedderError extends Error {
  override readonly name = "EmbedderError";
}
