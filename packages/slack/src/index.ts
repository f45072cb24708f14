export {
  anchor,
  context,
  fields,
  header,
  inSections,
  LIMITS,
  line,
  listing,
  message,
  type SlackMessage,
  section,
  words,
} from "./blocks.ts";
export { Bot, type BotOptions, type MessagePlace } from "./bot.ts";
export { SlackPostError } from "./errors.ts";
export { send } from "./send.ts";
export { type ListenOptions, listen } from "./socket.ts";
export { codeBlock, inlineCode, link, plain, title } from "./text.ts";
export { Webhook, type WebhookOptions } from "./webhook.ts";
