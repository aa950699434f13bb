import Commands

await Deploy.start()
