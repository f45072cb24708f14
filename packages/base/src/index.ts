export { messageOf } from "./errors.ts";
export { cut, withoutControls } from "./text.ts";
