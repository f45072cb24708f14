import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A product of an offer file, with its price dimensions. */
export interface Offer {
  readonly usagetype: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly unit: string;
  /** `[from, to, USD]` */
  readonly tiers: readonly (readonly [string, string, string])[];
}

/** A service's offer file of a region, in the form and with the spacing of AWS's own. */
export function offerFile(service: string, offers: readonly Offer[]): string {
  const sku = (place: number) => `SKU${String(place).padStart(13, "0")}`;
  const term = (place: number, code: string, tiers: Offer["tiers"], unit: string) => ({
    [`${sku(place)}.${code}`]: {
      offerTermCode: code,
      sku: sku(place),
      effectiveDate: "2026-11-01T00:00:00Z",
      priceDimensions: Object.fromEntries(
        tiers.map(([beginRange, endRange, USD], tier) => [
          `${sku(place)}.${code}.${tier}`,
          {
            rateCode: `${sku(place)}.${code}.${tier}`,
            description: "as AWS describes it",
            beginRange,
            endRange,
            unit,
            appliesTo: [],
            pricePerUnit: { USD },
          },
        ]),
      ),
      termAttributes: {},
    },
  });
  const all = offers.map((offer, place) => ({ ...offer, place }));
  const file = {
    formatVersion: "v1.0",
    disclaimer: "This pricing list is for informational purposes only.",
    offerCode: service,
    version: "20261120101010",
    publicationDate: "2026-11-20T10:10:10Z",
    products: Object.fromEntries(
      all.map(({ place, usagetype, attributes }) => [
        sku(place),
        {
          sku: sku(place),
          productFamily: "a family",
          attributes: { servicecode: service, locationType: "AWS Region", usagetype, ...attributes },
        },
      ]),
    ),
    terms: {
      OnDemand: Object.fromEntries(
        all.map(({ place, tiers, unit }) => [sku(place), term(place, "JRTCKXETXF", tiers, unit)]),
      ),
      Reserved: Object.fromEntries(
        all.map(({ place, unit }) => [
          sku(place),
          term(place, "4NA7Y494T4", [["0", "Inf", "0.0001000000"]], unit),
        ]),
      ),
    },
    attributesList: {},
  };
  return JSON.stringify(file, undefined, 2).replaceAll('":', '" :');
}

/** Serves offer files as AWS's price list does. */
export class PriceListServer {
  /** By service; all regions have the same. */
  readonly files = new Map<string, string>();
  /** Answers a request in another way; false: it does not. */
  special: (path: string, response: ServerResponse) => boolean = () => false;
  readonly asked: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    this.asked.push(path);
    if (this.special(path, response)) return;
    const [, service = ""] = /^\/offers\/v1\.0\/aws\/(\w+)\/current\/[\w-]+\/index\.json$/.exec(path) ?? [];
    const file = this.files.get(service);
    response.writeHead(file === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(file ?? "");
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const hours = (usagetype: string, usd: string, attributes = {}): Offer => ({
  usagetype,
  attributes,
  unit: "Hrs",
  tiers: [["0", "Inf", usd]],
});
const month = (usagetype: string, usd: string): Offer => ({
  usagetype,
  unit: "GB-Mo",
  tiers: [["0", "Inf", usd]],
});

/** Made-up prices of every service that the tables name but AmazonGrafana, among products that are something else. */
export const OFFERS: Readonly<Record<string, readonly Offer[]>> = {
  AmazonEKS: [
    hours("APN2-AmazonEKS-Hours:perCluster", "0.1100000000"),
    hours("APN2-AmazonEKS-Hours:extendedSupport", "0.5500000000"),
  ],
  AmazonEC2: [
    ...["t3.small", "t3.medium", "t4g.medium", "m7g.large"].flatMap((type, place) => [
      hours(`APN2-BoxUsage:${type}`, `0.0${place + 3}00000000`, {
        operation: "RunInstances",
        tenancy: "Shared",
        capacitystatus: "Used",
      }),
      // Windows, a host of one's own, a local zone.
      hours(`APN2-BoxUsage:${type}`, "9.0000000000", {
        operation: "RunInstances:0002",
        tenancy: "Shared",
        capacitystatus: "Used",
      }),
      hours(`APN2-BoxUsage:${type}`, "0.0000000000", {
        operation: "RunInstances",
        tenancy: "Host",
        capacitystatus: "Used",
      }),
      hours(`APN2-ICN1-BoxUsage:${type}`, "8.0000000000", {
        operation: "RunInstances",
        tenancy: "Shared",
        capacitystatus: "Used",
      }),
    ]),
    month("APN2-EBS:VolumeUsage.gp3", "0.0920000000"),
  ],
  AmazonVPC: [
    hours("APN2-PublicIPv4:InUseAddress", "0.0060000000"),
    hours("APN2-PublicIPv4:IdleAddress", "0.0070000000"),
  ],
  AWSDataTransfer: [
    {
      usagetype: "APN2-DataTransfer-Out-Bytes",
      unit: "GB",
      tiers: [
        ["10240", "51200", "0.1230000000"],
        ["0", "10240", "0.1270000000"],
        ["51200", "Inf", "0.1000000000"],
      ],
    },
    { usagetype: "APN2-DataTransfer-Regional-Bytes", unit: "GB", tiers: [["0", "Inf", "0.0110000000"]] },
    { usagetype: "APN2-USE1-AWS-Out-Bytes", unit: "GB", tiers: [["0", "Inf", "0.0800000000"]] },
  ],
  awskms: [{ usagetype: "ap-northeast-2-KMS-Keys", unit: "Keys", tiers: [["0", "Inf", "1.1000000000"]] }],
  AmazonS3: [
    {
      usagetype: "APN2-TimedStorage-ByteHrs",
      unit: "GB-Mo",
      tiers: [
        ["0", "51200", "0.0260000000"],
        ["51200", "Inf", "0.0240000000"],
      ],
    },
    month("APN2-TimedStorage-SIA-ByteHrs", "0.0139000000"),
    month("APN2-TimedStorage-ZIA-ByteHrs", "0.0111000000"),
    month("APN2-TimedStorage-GIR-ByteHrs", "0.0051000000"),
    month("APN2-TimedStorage-GlacierByteHrs", "0.0046000000"),
    { usagetype: "APN2-Requests-Tier1", unit: "Requests", tiers: [["0", "Inf", "0.0000046000"]] },
  ],
  AmazonECR: [month("APN2-TimedStorage-ByteHrs", "0.1200000000")],
  AmazonCloudWatch: [
    {
      usagetype: "APN2-DataProcessing-Bytes",
      attributes: { operation: "PutLogEvents" },
      unit: "GB",
      tiers: [["0", "Inf", "0.7700000000"]],
    },
    month("APN2-TimedStorage-ByteHrs", "0.0320000000"),
  ],
  AmazonDynamoDB: [
    { usagetype: "APN2-WriteRequestUnits", unit: "WriteRequestUnits", tiers: [["0", "Inf", "0.0000006900"]] },
    { usagetype: "APN2-ReadRequestUnits", unit: "ReadRequestUnits", tiers: [["0", "Inf", "0.0000001360"]] },
    {
      usagetype: "APN2-TimedStorage-ByteHrs",
      unit: "GB-Mo",
      tiers: [
        ["0", "25", "0.0000000000"],
        ["25", "Inf", "0.2710000000"],
      ],
    },
    month("APN2-TimedPITRStorage-ByteHrs", "0.2170000000"),
  ],
  AmazonKinesis: [
    { usagetype: "APN2-Storage-ShardHour", unit: "ShardHour", tiers: [["0", "Inf", "0.0190000000"]] },
    { usagetype: "APN2-PutRequestPayloadUnits", unit: "PutRequest", tiers: [["0", "Inf", "0.0000000170"]] },
    { usagetype: "APN2-Extended-ShardHour", unit: "ShardHour", tiers: [["0", "Inf", "0.0250000000"]] },
    month("APN2-LongTermRetention-ByteHrs", "0.0270000000"),
    { usagetype: "APN2-OnDemand-StreamHour", unit: "StreamHr", tiers: [["0", "Inf", "0.0450000000"]] },
    { usagetype: "APN2-OnDemand-BilledIncomingBytes", unit: "GB", tiers: [["0", "Inf", "0.0900000000"]] },
    { usagetype: "APN2-OnDemand-BilledOutgoingBytes", unit: "GB", tiers: [["0", "Inf", "0.0450000000"]] },
    month("APN2-OnDemand-ExtendedRetention-ByteHrs", "0.1200000000"),
  ],
  AmazonKinesisFirehose: [
    {
      usagetype: "APN2-BilledBytes",
      attributes: { group: "Event-by-Event Processing" },
      unit: "GB",
      tiers: [
        ["0", "512000", "0.0370000000"],
        ["512000", "Inf", "0.0310000000"],
      ],
    },
  ],
  AmazonES: [
    hours("APN2-ESInstance:t3.small", "0.0500000000"),
    hours("APN2-ESInstance:t3.medium", "0.1000000000"),
    hours("APN2-ESInstance:m6g.large", "0.1600000000"),
    hours("APN2-ESInstance:r6g.large", "0.2000000000"),
    month("APN2-ES:GP3-Storage", "0.1460000000"),
  ],
  AmazonGrafana: [],
};
