"""The peer of drain.ts: the same lines through drain3 with the same masks.

Reads one JSON object from stdin: `masks` (pattern, placeholder), `sets` (name to lines), `rounds`. Writes one JSON
object: for each round the seconds of CPU and of the clock over all lines, and for each set the group of each line.
"""

import json
import logging
import sys
import time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig


def config(masks):
    """drain3's defaults (depth 4, similarity 0.4), but for the masks."""
    made = TemplateMinerConfig()
    made.profiling_enabled = False
    # (?a): as in JavaScript, \d and \w are of ASCII.
    made.masking_instructions = [
        MaskingInstruction("(?a)" + mask["pattern"], mask["placeholder"].strip("<>")) for mask in masks
    ]
    return made


def run(masks, sets):
    miners = {name: TemplateMiner(config=config(masks)) for name in sets}
    groups = {}
    cpu, clock = time.process_time(), time.perf_counter()
    for name, lines in sets.items():
        add = miners[name].add_log_message
        groups[name] = [add(line)["cluster_id"] for line in lines]
    return {"cpu": time.process_time() - cpu, "clock": time.perf_counter() - clock}, groups


def main():
    logging.disable(logging.WARNING)
    task = json.load(sys.stdin)
    rounds = []
    groups = {}
    for _ in range(task["rounds"]):
        seconds, groups = run(task["masks"], task["sets"])
        rounds.append(seconds)
    json.dump({"rounds": rounds, "groups": groups}, sys.stdout)


if __name__ == "__main__":
    main()
