/** Fields of the requests that all of Cloud Run's collections have alike (platform: Cloud Run Admin v2). */

export interface NamedRequest {
  name: string;
  etag: string;
  validateOnly: boolean;
}

export interface ListRequest {
  parent: string;
  pageSize: number;
  pageToken: string;
}
