export { messageOf } from "./errors.ts";
export { letReadersLeave } from "./readers.ts";
export { resend } from "./resend.ts";
export { cut, withoutControls } from "./text.ts";
