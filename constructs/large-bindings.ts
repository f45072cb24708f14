import { createRequire } from "node:module";

/**
 * Resources whose generated bindings have 0.8 to 3 MB each. They are required, since an `import` of CommonJS reads all of it twice more, for
 * its format and for the names of its exports: a tenth of the synthesis. Everything smaller is imported as usual.
 */
const require = createRequire(import.meta.url);

export const {
  KinesisFirehoseDeliveryStream,
}: typeof import("@cdktf/provider-aws/lib/kinesis-firehose-delivery-stream/index.js") = require("@cdktf/provider-aws/lib/kinesis-firehose-delivery-stream/index.js");
export const {
  LaunchTemplate,
}: typeof import("@cdktf/provider-aws/lib/launch-template/index.js") = require("@cdktf/provider-aws/lib/launch-template/index.js");
export type LaunchTemplate = InstanceType<typeof LaunchTemplate>;
