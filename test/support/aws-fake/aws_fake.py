"""A fake AWS endpoint for checking plans: moto's server plus the calls it lacks.

Adds EKS access entries, access policies, add-ons and pod identity associations, Firehose's
OpenSearch destination, Managed Grafana workspaces, and an OpenSearch domain whose auto-tune settles.

usage: python aws_fake.py PORT        (0: a free one; needs test/requirements.txt)

FAKE_CLUSTER_ENDPOINT and FAKE_CLUSTER_CA (PEM in Base64): the API server that every EKS cluster is said to have.

`/__changes` is for tests: GET tells what was changed so far, PUT ?hold=N keeps back the answer to the N-th change from now until the next PUT.
"""
import json, os, re, sys, threading, time
from urllib.parse import parse_qs, unquote

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.firehose import models as firehose
from moto.opensearch import models as opensearch
from werkzeug.serving import run_simple
from werkzeug.wrappers import Request, Response

ACCOUNT, REGION = "123456789012", os.environ.get("AWS_REGION", "ap-northeast-2")

# Firehose: accept AmazonopensearchserviceDestinationConfiguration.
firehose.DESTINATION_TYPES_TO_NAMES["amazonopensearchservice"] = "Amazonopensearchservice"
_create = firehose.FirehoseBackend.create_delivery_stream
def _opensearch_config(params):
    return params.get("AmazonopensearchserviceDestinationConfiguration")
from moto.firehose import responses as fr
_fr_create = fr.FirehoseResponse.create_delivery_stream
def create_delivery_stream(self):
    cfg = self._get_param("AmazonopensearchserviceDestinationConfiguration")
    if not cfg:
        return _fr_create(self)
    find = firehose.find_destination_config_in_args
    firehose.find_destination_config_in_args = lambda _: ("Amazonopensearchservice", cfg)
    try:
        return _fr_create(self)
    finally:
        firehose.find_destination_config_in_args = find
fr.FirehoseResponse.create_delivery_stream = create_delivery_stream

# OpenSearch: auto-tune settles at once.
_os_init = opensearch.OpenSearchDomain.__init__
def _init(self, *a, **k):
    _os_init(self, *a, **k)
    self.auto_tune_options = {"State": "DISABLED"}
opensearch.OpenSearchDomain.__init__ = _init

from moto.kinesis import responses as kr
_k_create = kr.KinesisResponse.create_stream
def _k_create_stream(self):
    r = _k_create(self)
    if self._get_param("Tags"): self.kinesis_backend.add_tags_to_stream(stream_arn=None, stream_name=self._get_param("StreamName"), tags=self._get_param("Tags"))
    return r
kr.KinesisResponse.create_stream = _k_create_stream

from moto.ec2.models import launch_templates as lt
for _cls in vars(lt).values():
    if isinstance(_cls, type) and "create_launch_template" in vars(_cls):
        _lt_create = _cls.create_launch_template
        def _lt(self, name, description, template_data, tag_spec, _f=_lt_create):
            template_data["TagSpecifications"] = [t for t in template_data.get("TagSpecifications", []) if t.get("ResourceType") != "launch-template"]
            return _f(self, name, description, template_data, tag_spec)
        _cls.create_launch_template = _lt

store = {}  # (kind, cluster, key) -> dict
GRAFANA = {}

def eks_extra(req):
    p, m = req.environ.get("RAW_URI", req.path).split("?")[0], req.method
    now = int(time.time())
    def arn(kind, *rest): return f"arn:aws:eks:{REGION}:{ACCOUNT}:{kind}/" + "/".join(rest)
    r = re.match(r"^/clusters/([^/]+)/(access-entries|addons|pod-identity-associations)(?:/([^/]+))?(/access-policies|/update)?(?:/([^/]+))?$", p)
    if not r:
        return None  # the body stays unread: moto reads it
    body = req.get_json(silent=True) or {}
    c, kind, key, sub, subkey = [unquote(x) if x else x for x in r.groups()]
    sub = sub or ""
    def ok(x, status=200): return Response(json.dumps(x), status, content_type="application/json")
    missing = lambda: Response(json.dumps({"message": "not found"}), 404, headers={"x-amzn-ErrorType": "ResourceNotFoundException"}, content_type="application/json")
    if kind == "access-entries":
        if sub == "/access-policies":
            k = ("policy", c, key)
            if m == "POST":
                a = {"policyArn": body["policyArn"], "accessScope": body["accessScope"], "associatedAt": now, "modifiedAt": now}
                store.setdefault(k, {})[body["policyArn"]] = a
                return ok({"clusterName": c, "principalArn": key, "associatedAccessPolicy": a})
            if m == "DELETE":
                store.get(k, {}).pop(subkey, None); return ok({})
            return ok({"clusterName": c, "principalArn": key, "associatedAccessPolicies": list(store.get(k, {}).values())})
        if m == "POST" and not key:
            key = body["principalArn"]
            e = {"clusterName": c, "principalArn": key, "kubernetesGroups": body.get("kubernetesGroups", []), "type": body.get("type", "STANDARD"),
                 "username": body.get("username") or key, "accessEntryArn": arn("access-entry", c, key.split("/")[-1]), "createdAt": now, "modifiedAt": now, "tags": body.get("tags", {})}
            store[("entry", c, key)] = e; return ok({"accessEntry": e})
        if not key: return ok({"accessEntries": [k[2] for k in store if k[0] == "entry" and k[1] == c]})
        e = store.get(("entry", c, key))
        if not e: return missing()
        if m == "DELETE": store.pop(("entry", c, key)); return ok({})
        if m == "POST": e.update({k: v for k, v in body.items() if k in e})
        return ok({"accessEntry": e})
    if kind == "addons":
        if m == "POST" and not key:
            key = body["addonName"]
            a = {"addonName": key, "clusterName": c, "status": "ACTIVE", "addonVersion": body.get("addonVersion", "v1.0.0-eksbuild.1"), "health": {"issues": []},
                 "addonArn": arn("addon", c, key, "1"), "createdAt": now, "modifiedAt": now, "tags": body.get("tags", {}), "configurationValues": body.get("configurationValues")}
            if body.get("serviceAccountRoleArn"): a["serviceAccountRoleArn"] = body["serviceAccountRoleArn"]
            store[("addon", c, key)] = a; return ok({"addon": a})
        if not key: return ok({"addons": [k[2] for k in store if k[0] == "addon" and k[1] == c]})
        a = store.get(("addon", c, key))
        if not a: return missing()
        if m == "DELETE": store.pop(("addon", c, key)); return ok({"addon": a})
        if sub == "/update":
            a.update({k: v for k, v in body.items() if k in ("addonVersion", "configurationValues")})
            return ok({"update": {"id": "u", "status": "Successful"}})
        return ok({"addon": a})
    if m == "POST" and not key:
        key = "a-" + format(abs(hash((c, body["namespace"], body["serviceAccount"]))) % 10**16, "016d")
        a = {"associationId": key, "associationArn": arn("podidentityassociation", c, key), "clusterName": c, "namespace": body["namespace"], "serviceAccount": body["serviceAccount"], "roleArn": body["roleArn"], "createdAt": now, "modifiedAt": now, "tags": body.get("tags", {})}
        store[("pod", c, key)] = a; return ok({"association": a})
    if not key: return ok({"associations": [v for k, v in store.items() if k[0] == "pod" and k[1] == c]})
    a = store.get(("pod", c, key))
    if not a: return missing()
    if m == "DELETE": store.pop(("pod", c, key)); return ok({"association": a})
    if m == "POST": a.update({k: v for k, v in body.items() if k in a})
    return ok({"association": a})

def grafana(req):
    p, m = req.path, req.method
    r = re.match(r"^/workspaces(?:/([^/]+))?(/configuration|/authentication)?$", p)
    if not r: return None
    key, sub = r.groups(); body = req.get_json(silent=True) or {}
    ok = lambda x: Response(json.dumps(x), 200, content_type="application/json")
    if m == "POST" and not key:
        key = "g-" + format(len(GRAFANA) + 1, "010x")
        now = int(time.time())
        GRAFANA[key] = {"id": key, "status": "ACTIVE", "name": body.get("workspaceName"), "description": body.get("workspaceDescription"), "accountAccessType": body["accountAccessType"], "permissionType": body["permissionType"], "dataSources": body.get("workspaceDataSources", []), "notificationDestinations": body.get("workspaceNotificationDestinations", []), "workspaceRoleArn": body.get("workspaceRoleArn"), "authentication": {"providers": body["authenticationProviders"], "samlConfigurationStatus": "NOT_CONFIGURED"}, "created": now, "modified": now, "grafanaVersion": body.get("grafanaVersion", "10.4"), "endpoint": f"{key}.grafana-workspace.{REGION}.amazonaws.com", "tags": body.get("tags", {})}
        return ok({"workspace": GRAFANA[key]})
    w = GRAFANA.get(key)
    if not w: return Response("{}", 404, headers={"x-amzn-ErrorType": "ResourceNotFoundException"}, content_type="application/json")
    if sub == "/configuration": return ok({"configuration": "{}", "grafanaVersion": w["grafanaVersion"]})
    if m == "DELETE": GRAFANA.pop(key)
    return ok({"workspace": w})

created = {}  # path of an EKS cluster or node group -> the request that made it

def eks_fix(environ, start, moto):
    """Pass an EKS cluster or node-group call to moto, and put back what moto forgets."""
    from io import BytesIO
    from werkzeug.test import run_wsgi_app
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(raw)
    body = json.loads(raw) if raw else {}
    if method == "POST" and path == "/clusters": created["/clusters/" + body["name"]] = body
    elif method == "POST" and path.endswith("/node-groups"): created[path + "/" + body["nodegroupName"]] = body
    chunks, status, headers = run_wsgi_app(moto, environ)
    data = b"".join(chunks)
    try: out = json.loads(data)
    except ValueError: out = {}
    made = created.get(path) or body
    if "cluster" in out:
        c = out["cluster"]
        access = made.get("accessConfig") or {"authenticationMode": "CONFIG_MAP"}
        c["accessConfig"] = access
        c["certificateAuthority"] = {"data": os.environ.get("FAKE_CLUSTER_CA", "ZmFrZQ==")}
        c["endpoint"] = os.environ.get("FAKE_CLUSTER_ENDPOINT", c.get("endpoint"))
        if os.environ.get("FAKE_ISSUER"): c["identity"] = {"oidc": {"issuer": os.environ["FAKE_ISSUER"] + "/id/" + c["name"]}}
        vpc = c.setdefault("resourcesVpcConfig", {})
        vpc.update(vpcId="vpc-0fake", clusterSecurityGroupId="sg-0fake", publicAccessCidrs=vpc.get("publicAccessCidrs") or ["0.0.0.0/0"])
        c["kubernetesNetworkConfig"] = {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"}
    if "nodegroup" in out:
        n = out["nodegroup"]
        if not made.get("remoteAccess"): n.pop("remoteAccess", None)
        n["updateConfig"] = made.get("updateConfig") or {"maxUnavailable": 1}
        n["labels"] = made.get("labels") or {}
        n["amiType"] = made.get("amiType") or "AL2_x86_64"
    if out: data = json.dumps(out).encode()
    return Response(data, status, headers=[(k, v) for k, v in headers if k.lower() != "content-length"])(environ, start)

READS = re.compile(r"^(Describe|List|Get|BatchGet|Head|AssumeRole|Simulate|Decode)")

class Changes:
    """Notes each request that changed something, and holds back the answer to one: whoever asked can be killed before it hears that it was done."""

    def __init__(self, app):
        self.app, self.told = app, threading.Condition()
        self.done, self.hold_at, self.holding = [], None, False

    def __call__(self, environ, start):
        if environ["PATH_INFO"] == "/__changes": return self.control(environ)(environ, start)
        name = self.name(environ)
        if name is None: return self.app(environ, start)
        status = []
        chunks = list(self.app(environ, lambda line, *rest: (status.append(line), start(line, *rest))[1]))
        with self.told:
            if status and status[0].startswith("2"):
                self.done.append(name)
                if len(self.done) == self.hold_at:
                    self.holding = True
                    self.told.wait_for(lambda: not self.holding)
        return chunks

    def control(self, environ):
        with self.told:
            if environ["REQUEST_METHOD"] == "PUT":
                hold = parse_qs(environ["QUERY_STRING"]).get("hold")
                self.hold_at = len(self.done) + int(hold[0]) if hold else None
                self.holding = False
                self.told.notify_all()
            return Response(json.dumps({"changes": self.done, "holding": self.holding}), content_type="application/json")

    @staticmethod
    def name(environ):
        """`kms:CreateKey`, `s3:PUT /bucket/key`; None: it only reads."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        service = scope[1] if scope else "unsigned"
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
            from io import BytesIO
            raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(raw)
            action = parse_qs(raw.decode()).get("Action", [""])[0]
        if action: return None if READS.match(action) else f"{service}:{action}"
        return None if method in ("GET", "HEAD") else f"{service}:{method} {path}"

class App:
    def __init__(self): self.moto = DomainDispatcherApplication(create_backend_app)
    def __call__(self, environ, start):
        auth = environ.get("HTTP_AUTHORIZATION", "")
        extra = eks_extra if "/eks/" in auth else grafana if "/grafana/" in auth else None
        if extra:
            res = extra(Request(environ))
            if res is not None: return res(environ, start)
        if "/eks/" in auth and environ["PATH_INFO"].startswith("/clusters"): return eks_fix(environ, start, self.moto)
        return self.moto(environ, start)

run_simple("127.0.0.1", int(sys.argv[1]), Changes(App()), threaded=True)
