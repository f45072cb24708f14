/** A vector store cannot be reached, is too slow, is damaged, or was made for other vectors. */
export class VectorStoreError extends Error {
  override readonly name = "VectorStoreError";
}
