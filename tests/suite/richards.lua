-- A scheduler of tasks that pass packets to each other.
local Task = {}
Task.__index = Task
local queue, trace, switches = {}, {}, 0
local function task(name, priority, run)
    local t = setmetatable({ name = name, priority = priority, inbox = {}, run = run, count = 0 }, Task)
    queue[#queue + 1] = t
    table.sort(queue, function(a, b) return a.priority > b.priority end)
    return t
end
function Task:send(kind, data, from) self.inbox[#self.inbox + 1] = { kind = kind, data = data, from = from } end
function Task:receive() return table.remove(self.inbox, 1) end
local device = task('device', 40, function(self)
    local p = self:receive()
    self.count = self.count + 1
    p.from:send('done', p.data * 3 % 101, self)
end)
local handler = task('handler', 30, function(self)
    local p = self:receive()
    self.count = self.count + 1
    if p.kind == 'work' then
        self.client = p.from
        device:send('io', p.data, self)
    elseif self.client then
        self.client:send('answer', p.data, self)
    end
end)
local sum = 0
local worker = task('worker', 20, function(self)
    local p = self:receive()
    self.count = self.count + 1
    sum = (sum * 5 + p.data) % 100003
    if self.count < 1500 then handler:send('work', p.data + self.count, self) end
end)
worker:send('start', 7, worker)
while true do
    local ready
    for _, t in ipairs(queue) do if #t.inbox > 0 then ready = t break end end
    if not ready then break end
    ready:run()
    switches = switches + 1
    if switches % 1000 == 0 then trace[#trace + 1] = ready.name end
end
print(switches, sum, device.count, handler.count, worker.count, table.concat(trace, ' '))
