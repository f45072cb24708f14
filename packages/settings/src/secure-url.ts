import { z } from "zod";

/** An address to which secrets may be sent: TLS everywhere but on this machine, where tests have their servers. */
export const secureUrl = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname } = new URL(text);
    return protocol === "https:" || (protocol === "http:" && ["localhost", "127.0.0.1"].includes(hostname));
  },
  { error: "an https URL" },
);
