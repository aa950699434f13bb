import CommandLine

Deploy.start()
