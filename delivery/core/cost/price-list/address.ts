/** Where AWS publishes its price list; it needs no login. */
export const PRICE_LIST = "https://pricing.us-east-1.amazonaws.com";
