import { pattern } from "./pattern.ts";

/** Envoy's and Istio's own log: `[2026-01-25 01:02:03.456][1][warning][main] [source/server.cc:1] message`. */
export const envoy = pattern("envoy", [
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12})\]\[[0-9]+\]\[(?<level>[a-z]{4,8})\]\[[\w.-]{1,60}\] (?:\[[^\]]{1,200}\] )?(?<message>.*)$/,
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z)\t(?<level>[a-z]{4,8})\t(?:[\w -]{1,60}\t)?(?:[^\s]{1,200}:[0-9]+\t)?(?<message>[^\t].*)$/,
]);
