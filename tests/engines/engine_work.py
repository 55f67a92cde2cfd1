"""Work for tests of engines: it does what its items say. Loaded by worker processes, too."""

import os
import signal
import threading
import time


def obey(items):
    """Each answer tells the process; an item may be a number, or an order to fail in some way."""
    return [_obey(item) for item in items]


def _obey(item):
    match item:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "raise":
            raise RuntimeError("as it was told")
        case ("later", seconds):  # dies when it is done
            threading.Timer(seconds, os._exit, [3]).start()
        case "exhaust":
            bytearray(2**60)
        case "hang":
            time.sleep(1000)
        case ("once", path):  # dies the first time
            if not os.path.exists(path):
                open(path, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
        case ("meet", folder):  # two processes wait for each other
            open(os.path.join(folder, str(os.getpid())), "w").close()
            while len(os.listdir(folder)) < 2:
                time.sleep(0.01)
        case ("cores", _):
            return sorted(os.sched_getaffinity(0)), os.environ["OMP_NUM_THREADS"]
        case ("slow", seconds):
            time.sleep(seconds)
    return item, os.getpid()
