export { messageOf } from "./errors.ts";
export { resend } from "./resend.ts";
export { cut, withoutControls } from "./text.ts";
