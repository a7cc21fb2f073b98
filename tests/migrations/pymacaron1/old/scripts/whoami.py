from pymacaron.config import get_config

print get_config().live_host
