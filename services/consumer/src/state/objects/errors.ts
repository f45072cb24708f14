/** An object that cannot be written or read now. Nothing is half-written. */
export class ObjectStoreError extends Error {
  /** `full`: no room; `denied`: no permission; `missing`: no such bucket, folder or object; `unavailable`: try again. */
  readonly kind: "full" | "denied" | "missing" | "unavailable";

  constructor(kind: ObjectStoreError["kind"], text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = "ObjectStoreError";
    this.kind = kind;
  }
}

/** A key that no object may have. */
export class ObjectKeyError extends Error {
  constructor(key: string) {
    super(
      `object key: given ${JSON.stringify(key.slice(0, 200))}, allowed 1 to 1024 bytes of names of up to 255 bytes parted by "/", none of them empty, "." or "..", without control characters and "\\"`,
    );
    this.name = "ObjectKeyError";
  }
}
