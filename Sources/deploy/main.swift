import Commands

Deploy.start()
