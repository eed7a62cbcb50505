"""Starts the service and looks at it with other people's clients."""

import json
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_requests import Client
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as prometheus

PROGRAM = sys.argv.pop(1)
PAGE = Path("examples/pages/forum.txt").read_text(encoding="utf-8")


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
        environment = {"SPEECHTAG_LOG__FORMAT": "json", "SPEECHTAG_ADMIN__ENABLED": "true"}
        cls.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        addresses = []
        for line in cls.process.stderr:
            fields = json.loads(line)["fields"]
            if "address" in fields:
                addresses.append(fields["address"])
            if fields["message"] == "model in service":
                break
        cls.grpc, cls.metrics = addresses
        cls.channel = grpc.insecure_channel(cls.grpc)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.process.terminate()
        assert cls.process.wait(10) == 0, cls.process.returncode
        cls.process.stderr.close()

    def test_reflection_lists_and_describes(self):
        database = ProtoReflectionDescriptorDatabase(self.channel)
        self.assertEqual(
            set(database.get_services()),
            {
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
                "speechtag.v1.AdminService",
                "speechtag.v1.ModelService",
                "speechtag.v1.TaggingService",
            },
        )
        service = DescriptorPool(database).FindServiceByName("speechtag.v1.TaggingService")
        self.assertEqual([m.name for m in service.methods], ["TagDocument", "BatchTagDocuments", "StreamTagDocuments"])

    def test_a_client_that_knows_nothing_can_tag(self):
        client = Client.get_by_endpoint(self.grpc)
        request = {"document": {"id": "1", "text": PAGE}, "options": {"evidence": 1}}
        answer = client.request("speechtag.v1.TaggingService", "TagDocument", request)
        tags = {tag["axis"]: tag for tag in answer["document"]["speeches"][0]["tags"]}
        self.assertEqual(tags["document_type"]["label"], "forum_address")
        evidence = tags["topic"]["evidence"][0]
        start, end = int(evidence["span"]["start"]), int(evidence["span"]["end"])
        self.assertEqual(PAGE[start:end], evidence["text"])

        requests = [{"document": {"id": str(i), "text": PAGE}} for i in range(20)]
        answers = list(client.request("speechtag.v1.TaggingService", "StreamTagDocuments", requests))
        self.assertEqual([answer["result"]["id"] for answer in answers], [str(i) for i in range(20)])

    def test_errors_have_their_codes_and_details(self):
        client = Client.get_by_endpoint(self.grpc)
        with self.assertRaises(grpc.RpcError) as caught:
            client.request("speechtag.v1.TaggingService", "TagDocument", {"document": {"text": ""}})
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("grpc-status-details-bin", dict(caught.exception.trailing_metadata()))
        with self.assertRaises(grpc.RpcError) as caught:
            self.channel.unary_unary("/no.such.Service/Method")(b"")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
        with self.assertRaises(grpc.RpcError) as caught:
            tag = self.channel.unary_unary("/speechtag.v1.TaggingService/TagDocument")
            tag(b"\xff\xff\xff")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_health_checks_and_watches(self):
        health = health_pb2_grpc.HealthStub(self.channel)
        for service in ["", "speechtag.v1.TaggingService", "speechtag.v1.ModelService"]:
            request = health_pb2.HealthCheckRequest(service=service)
            self.assertEqual(health.Check(request, timeout=2).status, health_pb2.HealthCheckResponse.SERVING)
            watch = health.Watch(request, timeout=2)
            self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
            watch.cancel()
        with self.assertRaises(grpc.RpcError) as caught:
            health.Check(health_pb2.HealthCheckRequest(service="none"), timeout=2)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_both_of_prometheus_parsers_read_the_metrics(self):
        Client.get_by_endpoint(self.grpc).request("speechtag.v1.ModelService", "ListModels", {})
        with urllib.request.urlopen(f"http://{self.metrics}/metrics") as response:
            self.assertTrue(response.headers["content-type"].startswith("application/openmetrics-text"))
            text = response.read().decode()
        for parse in [openmetrics.text_string_to_metric_families, prometheus.text_string_to_metric_families]:
            samples = [sample for family in parse(text) for sample in family.samples]
            handled = {
                (s.labels["grpc_method"], s.labels["grpc_code"]): s.value
                for s in samples
                if s.name == "grpc_server_handled_total"
            }
            self.assertGreaterEqual(handled["ListModels", "OK"], 1)
            self.assertEqual(handled["StreamTagDocuments", "DataLoss"], 0)
            models = [s.labels for s in samples if s.name == "speechtag_model_info"]
            self.assertEqual([len(labels["sha256"]) for labels in models], [64])


if __name__ == "__main__":
    unittest.main(verbosity=2)
