"""Ways to hide a value."""
DISGUISES = {}
def disguised(guard, name, args, arguments):
    return []
