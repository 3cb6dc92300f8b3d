/**
 * Draws every icon from resources/build/icon.svg: `node test/main/draw-icons.ts [path of Chromium]`. The results are
 * committed, because the packager must not need a browser. Both containers hold plain PNGs, which all supported systems read.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const HERE = join(import.meta.dirname, '..', '..', 'resources', 'build')
const LINUX_SIZES = [16, 24, 32, 48, 64, 128, 256, 512]
const WINDOWS_SIZES = [16, 24, 32, 48, 64, 128, 256]
/** Apple's names of the entries; the same size at two scales has two names. */
const MAC_ENTRIES: [string, number][] = [
  ['icp4', 16],
  ['ic11', 32],
  ['icp5', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
]

async function drawAll(executablePath: string, sizes: number[]): Promise<Map<number, Buffer>> {
  const svg = readFileSync(join(HERE, 'icon.svg'), 'utf8')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const drawn = new Map<number, Buffer>()
  for (const size of sizes) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`)
    drawn.set(size, await page.screenshot({ omitBackground: true }))
    await page.close()
  }
  await browser.close()
  return drawn
}

/** ICO: a header of 6 bytes, 16 bytes for each image (a size of 256 is written as 0), then the images. */
function toIco(images: [number, Buffer][]): Buffer {
  const header = Buffer.alloc(6 + 16 * images.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(images.length, 4)
  let offset = header.length
  for (const [index, [size, image]] of images.entries()) {
    const at = 6 + 16 * index
    header.writeUInt8(size % 256, at)
    header.writeUInt8(size % 256, at + 1)
    header.writeUInt16LE(1, at + 4)
    header.writeUInt16LE(32, at + 6)
    header.writeUInt32LE(image.length, at + 8)
    header.writeUInt32LE(offset, at + 12)
    offset += image.length
  }
  return Buffer.concat([header, ...images.map(([, image]) => image)])
}

/** ICNS: each part is its name, its length including these 8 bytes, and its content; the whole is such a part too. */
function toIcns(entries: [string, Buffer][]): Buffer {
  return icnsPart('icns', Buffer.concat(entries.map(([name, image]) => icnsPart(name, image))))
}

function icnsPart(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.write(name, 'latin1')
  header.writeUInt32BE(content.length + 8, 4)
  return Buffer.concat([header, content])
}

const drawn = await drawAll(process.argv[2] ?? '/usr/bin/chromium', LINUX_SIZES)
const image = (size: number): Buffer => drawn.get(size) ?? Buffer.alloc(0)
mkdirSync(join(HERE, 'icons'), { recursive: true })
for (const size of LINUX_SIZES) writeFileSync(join(HERE, 'icons', `${size}x${size}.png`), image(size))
writeFileSync(join(HERE, 'icon.ico'), toIco(WINDOWS_SIZES.map((size) => [size, image(size)])))
writeFileSync(join(HERE, 'icon.icns'), toIcns(MAC_ENTRIES.map(([name, size]) => [name, image(size)])))
