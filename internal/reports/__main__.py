"""python internal/reports: see cli.py. Here is only how the program ends: with one line where it is interrupted."""

import os
import signal
import sys


def stop(reason: str, status: int):
    """Ends the program at once with one line, also where Python is in the middle of an import."""
    sys.stderr.flush()
    os.write(sys.stderr.fileno(), f"reports: {reason}\n".encode())
    os._exit(status)


INTERRUPTED = 128 + signal.SIGINT  # the status that a shell gives to an interrupted program

if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop("interrupted", INTERRUPTED))
    sys.modules["rfc3987_syntax"] = None  # jsonschema would build a grammar of it for seconds, to check what no notebook holds
    import cli  # takes a second or two

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # KeyboardInterrupt
    try:
        status = cli.main()
    except KeyboardInterrupt:
        stop("interrupted", INTERRUPTED)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)
    except RuntimeError as error:
        stop(str(error), 1)
    sys.exit(status)
