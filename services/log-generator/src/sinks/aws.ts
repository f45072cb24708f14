import { NodeHttpHandler } from "@smithy/node-http-handler";

/** Longest wait for a connection, ms. */
const CONNECTION_TIMEOUT = 3_000;
/** Longest wait for an answer, ms: a call that hangs is sent again. */
const REQUEST_TIMEOUT = 10_000;

/** HTTP/1.1, encrypted or not: the Kinesis client's own handler speaks HTTP/2 only, which local emulators do not. */
export function awsHttpHandler(): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: CONNECTION_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    throwOnRequestTimeout: true,
  });
}
