import type { Route } from "../config/slack.ts";
import type { Alert } from "../core/types.ts";

/** The name of the webhook that an alert goes to, that of the first route which fits it; undefined: of none. */
export const routeOf = (alert: Alert, routes: readonly Route[]): string | undefined =>
  routes.find((route) => fits(route, alert))?.webhook;

function fits({ services, levels, labels = {} }: Route, alert: Alert): boolean {
  const { environment, platform, version, errorCode } = labels;
  return (
    isAmong(services, alert.service) &&
    isAmong(levels, alert.level) &&
    isAmong(environment, alert.environment) &&
    isAmong(platform, alert.platform) &&
    isAmong(version, alert.version) &&
    isAmong(errorCode, alert.errorCode)
  );
}

const isAmong = (wanted: readonly string[] | undefined, value: string | undefined) =>
  wanted === undefined || (value !== undefined && wanted.includes(value));
