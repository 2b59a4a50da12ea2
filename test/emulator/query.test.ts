import { describe, expect, test } from 'vitest';
import { failureSearch, logSearch } from '../../contract/catalog/targets/index.ts';
import { compileFilter } from '../../sandbox/cloud/logging/query/compile.ts';
import { FilterError } from '../../sandbox/cloud/logging/query/filter-error.ts';

const request = {
  logName: 'projects/p/logs/run.googleapis.com%2Frequests',
  resource: {
    type: 'cloud_run_revision',
    labels: { service_name: 'openagents-web', revision_name: 'openagents-web-00002-abc', location: 'us-central1' },
  },
  timestamp: '2026-11-20T10:00:00.123456789Z',
  receiveTimestamp: '2026-11-20T10:00:01Z',
  severity: 'ERROR',
  insertId: 'abc-1',
  httpRequest: {
    requestMethod: 'GET',
    requestUrl: 'http://web/health',
    status: 500,
    latency: '1.500s',
    requestSize: '120',
    remoteIp: '10.1.2.3',
    cacheHit: true,
  },
  labels: { 'run.googleapis.com/execution_name': 'migrate-abc', team: 'Core' },
  trace: 'projects/p/traces/1234',
};

const json = {
  logName: 'projects/p/logs/run.googleapis.com%2Fstdout',
  resource: { type: 'cloud_run_job', labels: { job_name: 'migrate' } },
  timestamp: '2026-11-20T11:00:00Z',
  severity: 'INFO',
  insertId: 'abc-2',
  jsonPayload: {
    message: 'Migrated 3 tables',
    count: 3,
    ratio: 0.5,
    ok: true,
    none: null,
    text_number: '7',
    tags: ['alpha', 'Beta'],
    steps: [{ name: 'first' }, { name: 'second' }],
    nested: { deep: { word: 'Unicorn' } },
    'odd.key': 'x',
  },
  operation: { id: 'op-1', first: true },
};

const text = {
  logName: 'projects/p/logs/run.googleapis.com%2Fstderr',
  resource: { type: 'cloud_run_revision', labels: { service_name: 'openagents-runtime' } },
  timestamp: '2026-11-20T12:00:00Z',
  severity: 'WARNING',
  insertId: 'abc-3',
  textPayload: 'Connection refused: a and b\nsecond line "quoted" C:\\dir',
  sourceLocation: { file: 'main.js', line: '42' },
};

const entries = { request, json, text };
type Name = keyof typeof entries;

function matching(filter: string): Name[] {
  const compiled = compileFilter(filter);
  return (Object.keys(entries) as Name[]).filter((name) => compiled.matches(entries[name]));
}

const ALL: Name[] = ['request', 'json', 'text'];

const tables: Record<string, [filter: string, expected: Name[]][]> = {
  'runbook 000, section "Deploy sequence", step 4': [
    [
      'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-web" AND httpRequest.status=500',
      ['request'],
    ],
    [
      'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-runtime" AND severity>=ERROR',
      [],
    ],
    [
      'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-runtime" AND severity>=WARNING',
      ['text'],
    ],
  ],
  'nothing to say matches everything': [
    ['', ALL],
    ['  \n ', ALL],
    ['-- only a comment', ALL],
  ],
  'NOT binds tightest, then OR, then AND': [
    ['severity=INFO OR severity=ERROR AND httpRequest.status=500', ['request']],
    ['httpRequest.status=500 AND severity=INFO OR severity=ERROR', ['request']],
    ['(severity=INFO) OR (severity=ERROR AND httpRequest.status=500)', ['request', 'json']],
    ['NOT severity=INFO OR severity=INFO', ALL],
    ['NOT (severity=INFO OR severity=ERROR)', ['text']],
    ['severity=ERROR OR severity=INFO severity=INFO OR severity=WARNING', ['json']],
    ['"openagents" OR NOT "cloud_run_job" AND NOT "web" OR "migrate"', ['request', 'text']],
    ['NOT NOT severity=INFO', ['json']],
  ],
  'AND may be left out': [
    ['severity=ERROR httpRequest.status=500', ['request']],
    ['severity=ERROR\nhttpRequest.status=500', ['request']],
    ['severity=ERROR\nhttpRequest.status=404', []],
    ['severity=ERROR -- the worst\nAND httpRequest.status=500', ['request']],
    ['severity=INFO -- OR severity=ERROR', ['json']],
    ['severity="ERROR"httpRequest.status=500', ['request']],
  ],
  'minus is NOT': [
    ['-severity=INFO', ['request', 'text']],
    ['severity>=INFO -textPayload:refused', ['request', 'json']],
    ['-(severity=INFO OR severity=ERROR)', ['text']],
    ['-Unicorn', ['request', 'text']],
  ],
  'connectives in capitals only': [
    ['a and b', ['text']],
    ['severity=WARNING and severity=INFO', []],
    ['unicorn or nothing-like-this', []],
    ['"AND"', ['text']],
  ],
  'a list of values on the right': [
    ['severity=("INFO" OR "ERROR")', ['request', 'json']],
    ['severity=(INFO OR ERROR)', ['request', 'json']],
    ['textPayload:("refused" AND "second")', ['text']],
    ['textPayload:("refused" "second")', ['text']],
    ['textPayload:("refused" AND NOT "second")', []],
    ['severity=(NOT INFO)', ['request', 'text']],
    ['jsonPayload.message=(~"^Migrated" OR ~"^never")', ['json']],
    ['jsonPayload.message=~("^Migrated" OR "^never")', ['json']],
    ['insertId="abc-1" OR "abc-2"', ['request', 'json']],
    ['resource.type=("cloud_run_job" OR ("gce_instance" OR "k8s_pod"))', ['json']],
  ],
  'text without case': [
    ['resource.type="CLOUD_RUN_JOB"', ['json']],
    ['resource.type=cloud_run_job', ['json']],
    ['labels.team="core"', ['request']],
    ['jsonPayload.message:"MIGRATED"', ['json']],
    ['jsonPayload.message="Migrated"', []],
    ['insertId>"abc-1"', ['json', 'text']],
    ['insertId<="ABC-2"', ['request', 'json']],
    ['insertId!="abc-2"', ['request', 'text']],
  ],
  'regular expressions are RE2, with case, not anchored': [
    ['jsonPayload.message=~"grated \\d+ tab"', ['json']],
    ['jsonPayload.message=~"grated \\\\d+ tab"', ['json']],
    ['jsonPayload.message=~"migrated"', []],
    ['jsonPayload.message=~"(?i)migrated"', ['json']],
    ['jsonPayload.message!~"migrated"', ['json']],
    ['jsonPayload.message!~"Migrated"', []],
    ['jsonPayload.message=~"\\btables\\b"', ['json']],
    ['textPayload=~"\\"quoted\\""', ['text']],
    ['httpRequest.requestUrl=~"/health$"', ['request']],
    ['jsonPayload.tags=~"^Be"', ['json']],
    ['NOT jsonPayload.message=~"Migrated"', ['request', 'text']],
  ],
  'a term without a field looks everywhere': [
    ['unicorn', ['json']],
    ['"Connection refused"', ['text']],
    ['second', ['json', 'text']],
    ['openagents-web', ['request']],
    ['500', ['request']],
    ['migrate-abc', ['request']],
    ['run.googleapis.com%2Fstderr', ['text']],
    ['"C:\\\\dir"', ['text']],
    ["'Connection refused'", ['text']],
  ],
  'a missing payload field or label makes every comparison false': [
    ['jsonPayload.absent="x"', []],
    ['jsonPayload.absent!="x"', []],
    ['NOT jsonPayload.absent="x"', ALL],
    ['jsonPayload.absent!~"x"', []],
    ['jsonPayload.absent<5', []],
    ['labels.absent!="x"', []],
    ['NOT labels.absent="x"', ALL],
    ['resource.labels.service_name!="openagents-web"', ['text']],
    ['jsonPayload.message.deeper="x"', []],
    ['protoPayload.methodName!="x"', []],
    ['jsonPayload.message!="x"', ['json']],
  ],
  'a field of LogEntry that is not set has its default': [
    ['httpRequest.status!=500', ['json', 'text']],
    ['httpRequest.status=0', ['json', 'text']],
    ['httpRequest.cacheHit=false', ['json', 'text']],
    ['NOT textPayload:refused', ['request', 'json']],
    ['trace=""', ['json', 'text']],
    ['operation.first=true', ['json']],
  ],
  presence: [
    ['httpRequest:*', ['request']],
    ['httpRequest.status:*', ['request']],
    ['jsonPayload.none:*', ['json']],
    ['jsonPayload.absent:*', []],
    ['NOT jsonPayload.message:*', ['request', 'text']],
    ['labels."run.googleapis.com/execution_name":*', ['request']],
    ['operation.last:*', []],
    ['jsonPayload.message:"*"', []],
  ],
  names: [
    ['labels."run.googleapis.com/execution_name"="migrate-abc"', ['request']],
    ['labels."run.googleapis.com/execution_name"=("x" OR "migrate-abc")', ['request']],
    ['jsonPayload."odd.key"="x"', ['json']],
    ['jsonPayload.nested.deep.word="unicorn"', ['json']],
    ['http_request.status=500', ['request']],
    ['json_payload.count=3', ['json']],
    ['Severity=INFO', ['json']],
    ['jsonPayload.Message:"migrated"', []],
    ['protoPayload.@type="type.googleapis.com/google.cloud.audit.AuditLog"', []],
    ['jsonPayload:"unicorn"', ['json']],
    ['labels:team', ['request']],
    ['resource.labels:"openagents"', ['request', 'text']],
  ],
  'a list matches when a member does': [
    ['jsonPayload.tags="beta"', ['json']],
    ['jsonPayload.tags:"alp"', ['json']],
    ['jsonPayload.tags!="beta"', ['json']],
    ['NOT jsonPayload.tags="beta"', ['request', 'text']],
    ['jsonPayload.steps.name="second"', ['json']],
    ['jsonPayload.steps.name="third"', []],
  ],
  types: [
    ['jsonPayload.count=3.0', ['json']],
    ['jsonPayload.count="3"', ['json']],
    ['jsonPayload.count>2', ['json']],
    ['jsonPayload.count>10', []],
    ['jsonPayload.count>-5', ['json']],
    ['jsonPayload.count>"two"', []],
    ['jsonPayload.count!="two"', []],
    ['jsonPayload.ratio<=5e-1', ['json']],
    ['jsonPayload.text_number=7', ['json']],
    ['jsonPayload.ok=TRUE', ['json']],
    ['jsonPayload.ok=false', []],
    ['jsonPayload.ok=maybe', []],
    ['jsonPayload.none=NULL_VALUE', ['json']],
    ['jsonPayload.none="x"', []],
    ['jsonPayload.message!=NULL_VALUE', ['json']],
    ['httpRequest.status>=500 AND httpRequest.status<=0x1f4', ['request']],
    ['httpRequest.status="five hundred"', []],
    ['httpRequest.status!="five hundred"', []],
    ['httpRequest.requestSize>20', ['request']],
    ['sourceLocation.line=42', ['text']],
    ['severity>=warning', ['request', 'text']],
    ['severity>400', ['request']],
    ['severity<WARNING', ['json']],
    ['severity!=INFO', ['request', 'text']],
    ['severity>=LOUD', []],
    ['severity!=LOUD', []],
    ['httpRequest.latency>"1.4s"', ['request']],
    ['httpRequest.latency=1500ms', ['request']],
    ['httpRequest.latency>0.5m', []],
    ['httpRequest.latency>quick', []],
    ['timestamp>="2026-11-20T11:00:00Z"', ['json', 'text']],
    ['timestamp>"2026-11-20T11:00:00Z"', ['text']],
    ['timestamp>="2026-11-20T12:00:00+01:00"', ['json', 'text']],
    ['timestamp="2026-11-20T10:00:00.123456789Z"', ['request']],
    ['timestamp<"2026-11-20T10:00:00.123456790Z"', ['request']],
    ['timestamp>="2026-11-20"', ALL],
    ['timestamp<2026-11-20', []],
    ['timestamp>="yesterday"', []],
  ],
  functions: [
    ['log_id("run.googleapis.com/stdout")', ['json']],
    ['LOG_ID("run.googleapis.com/requests")', ['request']],
    ['NOT log_id("run.googleapis.com/requests")', ['json', 'text']],
    ['source("projects/p")', ALL],
    ['source(projects/other)', []],
    ['sample(insertId, 1)', ALL],
    ['sample(insertId, 0)', []],
    ['sample(jsonPayload.message, 1.0)', ['json']],
    ['ip_in_net(httpRequest.remoteIp, "10.1.0.0/16")', ['request']],
    ['ip_in_net(httpRequest.remoteIp, "10.2.0.0/16")', []],
    ['ip_in_net(jsonPayload.message, "10.0.0.0/8")', []],
    ['SEARCH("unicorn")', ['json']],
    ['SEARCH("tables migrated")', ['json']],
    ['SEARCH("table")', []],
    ['search(textPayload, "REFUSED connection")', ['text']],
    ['search(textPayload, "`Connection refused`")', ['text']],
    ['search(textPayload, "`connection refused`")', []],
    ['severity=INFO AND log_id("run.googleapis.com/stdout")', ['json']],
  ],
};

describe('what triage searches for', () => {
  const target = {
    kind: 'cloudRun',
    project: 'project-1',
    region: 'us-central1',
    service: 'openagents-runtime',
  } as const;
  // A value without a field is looked for in all fields, within words and in any case
  // (platform: Logging query language, global restrictions).
  test.each<[word: string, expected: Name[]]>([
    ['refused', ['text']],
    ['CONNECTION REF', ['text']],
    ['line "quoted" c:\\dir', ['text']],
    ['main.js', ['text']],
    ['unicorn', []],
    ['health', []],
  ])('%s', (word, expected) => {
    expect(matching(logSearch(target, word))).toEqual(expected);
    expect(matching(`timestamp>="2026-11-20T00:00:00Z" AND (${logSearch(target, word)})`)).toEqual(expected);
  });

  test('warnings and worse, of the service only', () => {
    expect(matching(failureSearch(target))).toEqual(['text']);
    expect(matching(failureSearch({ ...target, service: 'openagents-web' }))).toEqual(['request']);
  });
});

for (const [title, rows] of Object.entries(tables)) {
  describe(title, () => {
    test.each(rows)('%s', (filter, expected) => {
      expect(matching(filter)).toEqual(expected);
    });
  });
}

describe('an invalid filter is refused with its reason', () => {
  test.each<[filter: string, reason: RegExp]>([
    ['thud="x"', /Field not found: 'thud'.*LogEntry has the fields logName/],
    ['operation.thud=1', /Field not found: 'operation.thud'/],
    ['textPayload.thud="x"', /'textPayload' has no fields/],
    ['resource.service_name="x"', /'resource' has the fields type, labels/],
    ['service_name="x"', /Field not found/],
    ['labels.run.googleapis.com/execution_name="x"', /must be quoted: labels\."run\.googleapis\.com\/execution_name"/],
    ['httpRequest="x"', /is an object/],
    ['jsonPayload="x"', /is an object/],
    ['severity>=', /a value was expected/],
    ['severity>=ERROR AND', /end of the filter/],
    ['AND severity>=ERROR', /column 1.*AND is an operator/],
    ['severity=ERROR OR OR severity=INFO', /column 19/],
    ['severity=ERROR AND OR severity=INFO', /OR is an operator/],
    ['NOT', /end of the filter/],
    ['(severity=ERROR', /closing '\)'/],
    ['severity=ERROR)', /nothing more was expected/],
    ['()', /expected/],
    ['severity=()', /expected/],
    ['severity="ERROR', /not closed/],
    ['insertId = abc:def', /double quotes/],
    ['severity==ERROR', /a value was expected/],
    ['severity=AND', /AND is an operator/],
    ['"severity"=ERROR', /must be a field/],
    ['=ERROR', /column 1/],
    ['jsonPayload..x=1', /empty part/],
    ['jsonPayload.message=~"("', /invalid regular expression/],
    ['jsonPayload.message=~"(?=look)"', /invalid regular expression/],
    ['severity=ERROR\nthud=1', /thud/],
    ['severity=ERROR\n  AND\n  )', /line 3, column 3/],
    ['unknown_function("x")', /unknown function 'unknown_function'/],
    ['constructor("x")', /unknown function/],
    ['log_id()', /takes 1 argument/],
    ['log_id("a", "b")', /takes 1 argument/],
    ['log_id("a"', /was expected/],
    ['sample(insertId, 2)', /fraction from 0 to 1/],
    ['sample("insertId", 0.5)', /needs a field/],
    ['ip_in_net(httpRequest.remoteIp, "10.0.0.0/99")', /subnet/],
    ['search(thud, "x")', /Field not found/],
    ['timestamp>=2026-11-20T10:00:00Z', /double quotes/],
    ['severity>~"x"', /'~' before a value/],
    ['('.repeat(1_000), /nested more than/],
    [`${'('.repeat(9_000)}a${')'.repeat(9_000)}`, /nested more than/],
    ['x'.repeat(20_001), /at most 20000/],
  ])('%.60s', (filter, reason) => {
    expect(() => compileFilter(filter)).toThrow(FilterError);
    expect(() => compileFilter(filter)).toThrow(reason);
  });
});

describe('the bounds that a store can use', () => {
  const at = (time: string): bigint => BigInt(Date.parse(time)) * 1_000_000n;

  test('comes from comparisons that every match must keep', () => {
    const filter = compileFilter('timestamp>="2026-11-20T10:00:00Z" severity=INFO timestamp<"2026-11-20T12:00:00Z"');
    expect(filter.bounds).toMatchObject({ from: at('2026-11-20T10:00:00Z'), to: at('2026-11-20T12:00:00Z') });
    expect(filter.bounds.minimumSeverity).toBe(200);
  });

  test.each(['timestamp>="2026-11-20" OR severity=INFO', 'NOT timestamp>="2026-11-20"', 'severity=INFO'])(
    'is open for %s',
    (filter) => {
      expect(compileFilter(filter).bounds).toMatchObject({ from: undefined, to: undefined });
    },
  );
});

test('exactly 20,000 characters are allowed', () => {
  expect(matching('x'.repeat(20_000))).toEqual([]);
});
