"""Write the speech encoder of quaver-models from the weights of a Whisper that CTranslate2 stores.

python tools/make_encoder.py FOLDER [--out FOLDER] [--blocks 3]

FOLDER is any that faster-whisper uses, with model.bin in it. Written are NAME-encoder.onnx with
matrices of int8, which is shipped, and NAME-encoder-float32.onnx. With ctranslate2 installed, the
whole encoder is compared with its own on half a minute before anything is written.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import quaver.data
from quaver.models.encoder import convert, picture
from quaver.models.encoder.graph import INPUT, graph_of
from quaver.models.encoder.whisper import read_weights
from quaver.models.networks import graph

NAME = "whisper-tiny-en"
CARD = {
    "name": NAME,
    "what": "stem and first blocks of the encoder of Whisper tiny.en",
    "origin": "OpenAI Whisper, converted for CTranslate2 by Systran (faster-whisper-tiny.en)",
    "reference": "Radford et al. 2022, arXiv:2212.04356",
    "license": "MIT, Copyright (c) 2022 OpenAI",
}
#: Largest difference from CTranslate2's encoder, in deviations of a frame.
LARGEST = 1e-2


def compare(folder: Path) -> float | None:
    """Return the largest difference from CTranslate2's encoder in deviations of a frame."""
    try:
        import ctranslate2
    except ModuleNotFoundError:
        print("ctranslate2 is not installed: nothing to compare with")
        return None
    import onnxruntime

    samples, _ = quaver.load(quaver.data.demo_clip(), 16000, downmix="mean")
    frames = picture(np.pad(samples, (0, 480000 - samples.size)))[None]
    theirs = ctranslate2.models.Whisper(str(folder), compute_type="float32")
    bands = np.ascontiguousarray(frames.transpose(0, 2, 1))
    wanted = np.array(theirs.encode(ctranslate2.StorageView.from_array(bands)))[0]
    n_blocks, gain, bias = last_norm(folder)
    config, weights = read_weights(folder, n_blocks)
    network = graph_of(
        config, stored="float32", precision="float32", blocks=(n_blocks,), pooled=False
    )
    session = onnxruntime.InferenceSession(graph.write(network, weights, "{}"))
    found = session.run(None, {INPUT: frames})[0][0].astype(np.float64)
    found -= found.mean(axis=1, keepdims=True)
    found /= np.sqrt(np.square(found).mean(axis=1, keepdims=True) + 1e-5)
    found = found * gain + bias
    return float((np.abs(found - wanted) / wanted.std(axis=1, keepdims=True)).max())


def last_norm(folder: Path) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the number of blocks, and gain and bias of the norm after them."""
    from quaver.models.encoder.whisper import read_variables

    with (folder / "model.bin").open("rb") as stream:
        variables = read_variables(stream)
    blocks = {name.partition("/")[0] for name in variables if name.startswith("layer_")}
    blocks.discard("layer_norm")
    gain, bias = (variables[f"layer_norm/{part}"].astype(float) for part in ("gamma", "beta"))
    return len(blocks), gain, bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path())
    parser.add_argument("--blocks", type=int, default=3)
    options = parser.parse_args()
    difference = compare(options.folder)
    if difference is not None:
        print(f"largest difference from CTranslate2: {difference:.2e} deviations of a frame")
        if difference > LARGEST:
            raise SystemExit(f"expected at most {LARGEST}")
    for ending, weights in (("", "int8"), ("-float32", "float32")):
        file = options.out / f"{NAME}-encoder{ending}.onnx"
        convert(options.folder, file, n_blocks=options.blocks, weights=weights, card=CARD)
        print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
