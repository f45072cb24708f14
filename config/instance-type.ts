import { didYouMean } from "@cali/settings";
import { z } from "zod";

/** Sizes of instances; families come and go, sizes stay. */
const SIZES = ["nano", "micro", "small", "medium", "large", "xlarge"];
const SIZE = /^(nano|micro|small|medium|large|\d{0,3}xlarge|metal(-\d+xl)?)$/;

/** The type of an instance, such as `t3.medium`: a family with its generation, and a size. @param ending such as `.search` */
export const instanceType = (example: string, ending = "") =>
  z.string().refine(
    (type) => {
      const [family = "", size = "", ...rest] = type.split(".");
      const tail = rest.map((part) => `.${part}`).join("");
      return /^[a-z]+\d[a-z0-9-]*$/.test(family) && SIZE.test(size) && tail === ending;
    },
    {
      error: ({ input }) => {
        const [family, size] = String(input).split(".");
        const types = SIZES.map((one) => `${family}.${one}${ending}`);
        const near = size === undefined || SIZE.test(size) ? "" : didYouMean(input, types);
        return `a type such as ${example}${near}`;
      },
    },
  );
