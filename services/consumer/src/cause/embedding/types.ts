/** Turns text into vectors, so that texts of like meaning are near each other. */
export interface Embedder {
  /** Model and dimensions: vectors of embedders with different names cannot be compared. */
  readonly name: string;
  readonly dimensions: number;
  /**
   * Vectors of length 1, in the order of the texts.
   * @throws EmbedderError when it cannot be reached, is too slow, or answers with something else
   */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}
