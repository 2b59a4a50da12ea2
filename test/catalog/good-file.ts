/** A catalog file without a problem. */
export const good = `service: example
description: an example
repository: { url: https://git.example.com/example.git, branch: main }
owners:
  release-owner: [release-owner@example.com]
environments:
  staging:
    target: { kind: cloudRun, project: example-project, region: us-central1, service: example }
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 1 }
    operators: [release-owner]
`;
