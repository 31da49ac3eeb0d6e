"""Programs that serve a model over HTTP, ours and others: port, model folder and threads are their arguments."""

OURS = """
import asyncio, sys, uvloop
from pathlib import Path
from mltui.serving.answers import Identity
from mltui.serving.app import Application
from mltui.serving.description import ModelDescription
from mltui.serving.server import serve
from mltui.serving.settings import ServerSettings
model, port = Path(sys.argv[2]), int(sys.argv[1])
settings = ServerSettings(model, Path("unused"), int(sys.argv[3]), Identity("v1", "", "d1"))
application = Application(settings, ModelDescription.load(model / "model.json"))
async def main():
    await application.load()
    await serve(application, settings, host="127.0.0.1", port=port)
uvloop.run(main())
"""

# What nobody could do without: the body, JSON, the model, JSON. No limits, no checks, no names.
RAW_ASGI = """
import sys, numpy as np, onnxruntime, orjson, uvicorn
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[2] + "/model.onnx", options, providers=["CPUExecutionProvider"])
def column(value, kind):
    return np.array([[value]], dtype=kind)
async def app(scope, receive, send):
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    row = orjson.loads(body)
    tensors = {
        "income": column(row["income"], np.float32),
        "age": column(np.nan if row["age"] is None else row["age"], np.float32),
        "purpose": column(row["purpose"], object),
        "region": column(row["region"] or "", object),
    }
    value = float(session.run(["value"], tensors)[0][0, 0])
    body = orjson.dumps({"value": value})
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", lifespan="off", access_log=False,
            log_level="error")
"""

LITSERVE = """
import sys, litserve, numpy as np, onnxruntime
class Rows(litserve.LitAPI):
    def setup(self, device):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = sys.argv[2] + "/model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    def decode_request(self, request):
        age = np.nan if request["age"] is None else request["age"]
        numbers = {"income": request["income"], "age": age}
        texts = {"purpose": request["purpose"], "region": request["region"] or ""}
        return {name: np.array([[value]], dtype=np.float32) for name, value in numbers.items()} | {
            name: np.array([[value]], dtype=object) for name, value in texts.items()}
    def predict(self, tensors):
        return self.session.run(["value"], tensors)[0][0, 0]
    def encode_response(self, value):
        return {"value": float(value)}
if __name__ == "__main__":
    server = litserve.LitServer(Rows(), accelerator="cpu", workers_per_device=1)
    port = int(sys.argv[1])
    server.run(host="127.0.0.1", port=port, num_api_servers=1, log_level="error", generate_client_file=False)
"""

# Pictures a second without any server: what Pillow and onnxruntime take, in as many threads as the server has.
PICTURE_LOOP = """
import io, sys, threading, time, numpy as np, onnxruntime
from PIL import Image
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[2] + "/model.onnx", options, providers=["CPUExecutionProvider"])
data, side, counts = open(sys.argv[4], "rb").read(), 160, []
def loop(until):
    count = 0
    while time.perf_counter() < until:
        picture = Image.open(io.BytesIO(data))
        picture.draft("RGB", (2 * side, 2 * side))
        pixels = np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BILINEAR))
        tensor = ((pixels.astype(np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        session.run(["scores"], {"picture": np.ascontiguousarray(tensor)})
        count += 1
    counts.append(count)
began, cpu = time.perf_counter(), time.process_time()
threads = [threading.Thread(target=loop, args=(began + float(sys.argv[5]),)) for _ in range(int(sys.argv[3]))]
[each.start() for each in threads], [each.join() for each in threads]
print(sum(counts) / (time.perf_counter() - began), sum(counts) / (time.process_time() - cpu))
"""
