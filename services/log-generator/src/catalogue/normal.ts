import type { NormalSpec } from "./template.ts";

/** What every service writes while it works. */
export const COMMON: readonly NormalSpec[] = [
  { level: "INFO", text: "{verb} {path} 200 {fast} ms {size} bytes" },
  { level: "DEBUG", text: "health check answered in {fast} ms" },
  { level: "DEBUG", text: "feature {flag} is on for user {user}" },
  { level: "INFO", text: "connection pool has {small} of 20 connections in use" },
];

/** What one service writes while it works. */
export const NORMAL: Readonly<Record<string, readonly NormalSpec[]>> = {
  gateway: [
    { level: "INFO", text: "{verb} {path} from {ip} forwarded to pod {ip} in {fast} ms" },
    { level: "INFO", text: "{verb} {path} 304 not modified for client {ip}" },
    { level: "DEBUG", text: "connection {id} from {ip}:{port} kept alive" },
    { level: "DEBUG", text: "TLS session resumed with {cipher} for {ip}" },
  ],
  auth: [
    { level: "INFO", text: "user {user} logged in from {ip}" },
    { level: "INFO", text: "token issued for user {user}, valid for {seconds} s" },
    { level: "DEBUG", text: "session {session} refreshed" },
    { level: "DEBUG", text: "password hash computed in {fast} ms" },
  ],
  cart: [
    { level: "INFO", text: "item {sku} added to cart {cart}, {small} items now" },
    { level: "INFO", text: "item {sku} removed from cart {cart}" },
    { level: "DEBUG", text: "cart {cart} read from cache in {fast} ms" },
    { level: "INFO", text: "cart {cart} of user {user} merged after login" },
  ],
  catalog: [
    { level: "INFO", text: "product {sku} read, price {amount} {currency}" },
    { level: "INFO", text: "{count} products listed in {fast} ms" },
    { level: "DEBUG", text: "image {object} resized to {count} pixels" },
    { level: "DEBUG", text: "price list {id} is current" },
  ],
  search: [
    { level: "INFO", text: 'query "{query}" found {count} products in {fast} ms' },
    { level: "INFO", text: "index refreshed with {count} changes" },
    { level: "DEBUG", text: "query plan {hex} taken from cache" },
    { level: "DEBUG", text: "suggestions for user {user} computed in {fast} ms" },
  ],
  recommendation: [
    { level: "INFO", text: "{small} products recommended to user {user} in {fast} ms" },
    { level: "DEBUG", text: "features of user {user} read from store, {size} bytes" },
    { level: "INFO", text: "model {object} warmed up in {slow} ms" },
  ],
  checkout: [
    { level: "INFO", text: "order {order} placed by user {user}: {small} items, {amount} {currency}" },
    { level: "INFO", text: "order {order} moved from PENDING to CONFIRMED" },
    { level: "DEBUG", text: "discount of {amount} {currency} applied to order {order}" },
    { level: "INFO", text: "checkout of cart {cart} started" },
    { level: "DEBUG", text: "event sent to {topic}, partition {partition}, offset {offset}" },
  ],
  payment: [
    { level: "INFO", text: "payment {payment} of {amount} {currency} authorized in {fast} ms" },
    { level: "INFO", text: "payment {payment} captured for order {order}" },
    { level: "DEBUG", text: "idempotency key {uuid} stored" },
    { level: "INFO", text: "refund of {amount} {currency} for payment {payment} accepted" },
  ],
  fraud: [
    { level: "INFO", text: "order {order} scored {share} in {fast} ms: accept" },
    { level: "DEBUG", text: "{count} features computed for user {user}" },
    { level: "INFO", text: "rules of version {small} loaded" },
  ],
  inventory: [
    { level: "INFO", text: "{small} of {sku} reserved for order {order}" },
    { level: "INFO", text: "stock of {sku} is {count} in warehouse {country}" },
    { level: "DEBUG", text: "row of table {table} locked for {fast} ms" },
    { level: "DEBUG", text: "event read from {topic}, partition {partition}, offset {offset}" },
  ],
  shipping: [
    { level: "INFO", text: "shipment {shipment} created for order {order}, carrier {carrier}" },
    { level: "INFO", text: "label of shipment {shipment} printed, {size} bytes" },
    { level: "DEBUG", text: "rate for {country} computed in {fast} ms" },
    { level: "INFO", text: "shipment {shipment} left {country}" },
  ],
  notification: [
    { level: "INFO", text: "mail {message} for order {order} sent in {fast} ms" },
    { level: "INFO", text: "push message sent to {small} devices of user {user}" },
    { level: "DEBUG", text: "mail template {id} rendered in {fast} ms" },
  ],
};
