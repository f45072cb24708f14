import { z } from "zod";

/** Kinds of values that many keys have. Each says its unit and its default. */
export const ms = (fallback: number, minimum: number, maximum: number, what: string) =>
  z.int().min(minimum).max(maximum).default(fallback).describe(`${what} Unit: ms. Default: ${fallback}.`);

export const count = (fallback: number, minimum: number, maximum: number, what: string) =>
  z.int().min(minimum).max(maximum).default(fallback).describe(`${what} Default: ${fallback}.`);

export const httpUrl = z.url({ protocol: /^https?$/ });

export const MINUTE = 60_000;
export const MIB = 1024 * 1024;
