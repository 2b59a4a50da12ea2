import { z } from 'zod';

const part = { pid: z.number().int() };

export const descriptionSchema = z.looseObject({
  /** Folder of the sandbox's state. */
  dir: z.string(),
  supervisor: z.object({ ...part, started: z.string() }),
  /** `address` is host:port, `ui` a URL, `cli` the path of the `temporal` program. */
  temporal: z
    .object({ address: z.string(), namespace: z.string(), ui: z.string(), cli: z.string(), ...part })
    .optional(),
  /**
   * `grpc` is host:port, `http` a URL, `callLog` a file of JSON Lines, `buildKey` the public key (PEM) by which builds
   * are attested.
   */
  cloud: z
    .object({
      grpc: z.string(),
      http: z.string(),
      project: z.string(),
      region: z.string(),
      callLog: z.string(),
      buildKey: z.string().optional(),
      ...part,
    })
    .optional(),
  postgres: z.object({ url: z.string(), ...part }).optional(),
  prometheus: z.object({ url: z.string(), ...part }).optional(),
  /**
   * `webhook` is the URL that gets the alerts, `tokenFile` the file with the bearer token that each message carries.
   * The sandbox keeps the port of the webhook free; nobody need listen there.
   */
  alertmanager: z.object({ url: z.string(), webhook: z.string(), tokenFile: z.string(), ...part }).optional(),
  /**
   * `kubeconfig` and `auditLog` are files, `kubectl` the path of the program, `services` URLs by name; the pid is the
   * API server's.
   */
  kubernetes: z
    .object({
      server: z.string(),
      kubeconfig: z.string(),
      context: z.string(),
      auditLog: z.string(),
      kubectl: z.string(),
      services: z.record(z.string(), z.string()).optional(),
      ...part,
    })
    .optional(),
  /** SSH keys of the sandbox's people: the folder of the private halves, and the public ones by address. */
  keys: z.object({ folder: z.string(), public: z.record(z.string(), z.string()) }).optional(),
  /** Addresses of the sample services, by the name of their Cloud Run service. */
  services: z.record(z.string(), z.string()).optional(),
  traffic: z.object({ url: z.string(), ...part }).optional(),
});

/** The content of `.slipway/sandbox.json`: the addresses of a running sandbox. A part that is not up is missing. */
export type SandboxDescription = z.infer<typeof descriptionSchema>;
