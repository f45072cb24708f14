/** The command line or the options of a call hold values that are not allowed; names each with given and allowed. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

/** The catalogue of templates contradicts itself. */
export class CatalogueError extends Error {
  override readonly name = "CatalogueError";
}

/** A line of a label file is not a label; says where and why. */
export class LabelError extends Error {
  override readonly name = "LabelError";
}

/** The sink cannot take lines any more (the reader left, the stream does not exist, access is denied). */
export class SinkError extends Error {
  override readonly name = "SinkError";
}
