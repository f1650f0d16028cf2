"""llama.cpp's own server over a ``.gguf`` file, in a process of its own: ``python serve_gguf.py FILE PORT``."""

import sys
import threading

import xllamacpp


def main() -> None:
    path, port = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = path, 8192, 2
    params.hostnames, params.port, params.use_jinja, params.ui = ["127.0.0.1"], int(port), True, False
    # One thread: two that wait for each other on a busy machine are slower by far than one.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity, params.warmup, params.fit_params = 0, False, False
    served = xllamacpp.Server(params)
    sys.stdout.write(f"ready {served.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
