import { z } from "zod";

/** The id of a subnet, such as `subnet-0123456789abcdef0`. */
export const subnetId = z
  .string()
  .regex(/^subnet-[0-9a-f]{8,17}$/, { error: "a subnet id such as subnet-0123456789abcdef0" });
