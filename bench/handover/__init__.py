"""How fast points' queues, reports and pickups' ends are: `python -m bench.handover`."""
