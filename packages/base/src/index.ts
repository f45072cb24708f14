export { messageOf, NamedError } from "./errors.ts";
export { boundedServer } from "./http.ts";
export { letReadersLeave } from "./readers.ts";
export { resend } from "./resend.ts";
export { flowed, type Paint, paintFor, sparkline } from "./terminal.ts";
export { cut, parseJson, withoutControls } from "./text.ts";
