"""What a Cloud Run client of another language does: create, update, split traffic, run a job and follow its operation.

Arguments: host:port of the emulator, parent (projects/P/locations/L), two images. Prints one JSON object.
"""

import json
import sys

import grpc
from google.api_core.exceptions import Aborted
from google.cloud import run_v2
from google.cloud.run_v2.services.jobs.transports import JobsGrpcTransport
from google.cloud.run_v2.services.services.transports import ServicesGrpcTransport

address, parent, first_image, second_image = sys.argv[1:5]
channel = grpc.insecure_channel(address)
services = run_v2.ServicesClient(transport=ServicesGrpcTransport(channel=channel))
jobs = run_v2.JobsClient(transport=JobsGrpcTransport(channel=channel))
latest = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
by_revision = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
seen = {}


def template(image, revision):
    return run_v2.RevisionTemplate(revision=revision, containers=[run_v2.Container(image=image)])


created = services.create_service(
    parent=parent,
    service_id="snake",
    service=run_v2.Service(template=template(first_image, "snake-one")),
)
seen["pending_first"] = not created.operation.done
service = created.result(timeout=30)
seen["uri"] = service.uri

stale = service.etag
service.template = template(second_image, "snake-two")
service.traffic = [
    run_v2.TrafficTarget(type_=by_revision, revision="snake-one", percent=70),
    run_v2.TrafficTarget(type_=by_revision, revision="snake-two", percent=30, tag="next"),
]
service = services.update_service(service=service).result(timeout=30)
seen["split"] = {status.revision: status.percent for status in service.traffic_statuses}

service.etag = stale
service.traffic = [run_v2.TrafficTarget(type_=latest, percent=100)]
try:
    services.update_service(service=service)
    seen["stale_etag"] = "accepted"
except Aborted:
    seen["stale_etag"] = "aborted"

job = run_v2.Job(
    template=run_v2.ExecutionTemplate(
        template=run_v2.TaskTemplate(containers=[run_v2.Container(image=first_image, command=["migrate"])], max_retries=0)
    )
)
jobs.create_job(parent=parent, job_id="snake-job", job=job).result(timeout=30)
operation = jobs.run_job(name=f"{parent}/jobs/snake-job")
seen["execution_known_at_once"] = operation.metadata.name.startswith(f"{parent}/jobs/snake-job/executions/")
execution = operation.result(timeout=30)
seen["succeeded"] = execution.succeeded_count
print(json.dumps(seen))
