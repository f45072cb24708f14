import { LateDeliveries } from "../../decode/late-deliveries.ts";
import type { LineStage } from "../stage.ts";

/** Notes how late a log came. When too many do, a record that says so is grouped as an error. */
export function noteDelivery(group: LineStage): LineStage {
  const deliveries = new LateDeliveries();
  return (late, place, step) => {
    const record = deliveries.see(late, place.arrivedAt);
    if (record !== undefined) group(record, place, step);
  };
}
